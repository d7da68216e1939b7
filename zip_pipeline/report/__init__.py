"""Reports: pages, pictures and the console."""
