#!/bin/bash
# Benchmarks: --suite NAME, --size smoke|quick|full, --out DIR; compare A B; docs RUN; --help says more.
exec dotnet run -c Release --project "$(dirname "${BASH_SOURCE[0]}")/harness" -- bench "$@"
