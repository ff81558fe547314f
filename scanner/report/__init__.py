"""One module per report format, and the one table of formats."""
