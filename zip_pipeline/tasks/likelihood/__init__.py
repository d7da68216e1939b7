"""Log-probabilities of documents under language models: windows, engines, and the task that scores."""
