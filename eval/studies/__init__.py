"""Studies: what Dateline is measured by beside the benchmarks, each with a command of its own."""
