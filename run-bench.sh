#!/bin/bash
# Benchmarks: --suite append|fetch|durable|recovery|all, --size smoke|quick|full, --out DIR; --help says more.
exec dotnet run -c Release --project "$(dirname "${BASH_SOURCE[0]}")/harness" -- bench "$@"
