"""Output for people: HTML pages, their pictures, and the console. Knows manifests, but no job."""
