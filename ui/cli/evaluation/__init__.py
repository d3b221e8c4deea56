"""`dateline eval …`: benchmarks, comparisons, reports and studies."""
