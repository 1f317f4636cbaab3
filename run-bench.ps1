# Benchmarks: --suite NAME, --size smoke|quick|full, --out DIR; compare A B; docs RUN; --help says more.
dotnet run -c Release --project (Join-Path $PSScriptRoot 'harness') -- bench @args
exit $LASTEXITCODE
