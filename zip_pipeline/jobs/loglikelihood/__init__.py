"""The job ``loglikelihood``: log-probabilities of documents under language models."""
