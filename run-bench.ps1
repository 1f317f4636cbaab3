# Benchmarks: --suite append|fetch|durable|recovery|all, --size smoke|quick|full, --out DIR; --help says more.
dotnet run -c Release --project (Join-Path $PSScriptRoot 'harness') -- bench @args
exit $LASTEXITCODE
