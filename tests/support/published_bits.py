"""Published bits per character of 28 models, and their published benchmark scores: figures to test `law rank` on.

Bits per character: the README of hkust-nlp/llm-compression-intelligence (MIT), for Huang et al., arXiv 2404.09937.
Scores: the mean of six benchmarks, and HumanEval alone, from `eval_results/base_llm_benchmark_eval.csv` of
ryoungj/ObsScaling (Apache-2.0). None: that table has no such model, or no such score of it.
"""

CORPORA = ("common_crawl", "python", "arxiv_math")

PUBLISHED: dict[str, tuple[float, float, float, float | None, float | None]] = {
    "DeepSeek-V2": (0.529, 0.243, 0.400, 0.8207, 0.4695),
    "Deepseek-llm-67b": (0.568, 0.280, 0.430, None, None),
    "Deepseek-llm-7b": (0.635, 0.338, 0.500, None, None),
    "Falcon-40b": (0.593, 0.320, 0.482, 0.6469, None),
    "Falcon-7b": (0.649, 0.393, 0.541, 0.5093, None),
    "Llama-1-13b": (0.609, 0.356, 0.487, 0.5708, 0.1585),
    "Llama-1-30b": (0.577, 0.321, 0.456, 0.6304, 0.2073),
    "Llama-1-65b": (0.557, 0.308, 0.441, 0.695, 0.2317),
    "Llama-1-7b": (0.629, 0.379, 0.510, 0.5246, 0.128),
    "Llama-2-13b": (0.581, 0.334, 0.475, 0.6269, 0.1829),
    "Llama-2-70b": (0.527, 0.287, 0.429, 0.7548, 0.2988),
    "Llama-2-7b": (0.612, 0.354, 0.500, 0.5711, 0.128),
    "Llama-3-70b": (0.496, 0.204, 0.376, 0.8278, 0.5244),
    "Llama-3-8b": (0.582, 0.268, 0.430, 0.7021, 0.3841),
    "Mistral-7b": (0.605, 0.310, 0.443, 0.6827, 0.2744),
    "Mixtral-8x22B-v0.1": (0.526, 0.250, 0.361, 0.8185, 0.4207),
    "Mixtral-8x7B": (0.559, 0.274, 0.394, 0.7553, 0.3354),
    "Qwen-1.5-14b": (0.646, 0.275, 0.430, 0.7386, 0.3963),
    "Qwen-1.5-32b": (0.591, 0.257, 0.407, 0.762, 0.4207),
    "Qwen-1.5-72b": (0.560, 0.256, 0.417, 0.7891, 0.4512),
    "Qwen-1.5-7b": (0.666, 0.292, 0.449, 0.681, 0.3476),
    "Qwen-14b": (0.620, 0.285, 0.450, 0.7332, 0.3537),
    "Qwen-72b": (0.557, 0.256, 0.415, 0.7982, 0.372),
    "Qwen-7b": (0.645, 0.309, 0.483, 0.6588, 0.3171),
    "Qwen1.5-110B": (0.531, 0.224, 0.410, 0.8312, 0.561),
    "Qwen2-72B": (0.550, 0.207, 0.390, 0.8487, 0.6098),
    "Yi-34b": (0.572, 0.297, 0.421, 0.7506, 0.2683),
    "Yi-6b": (0.638, 0.351, 0.483, 0.5988, 0.1585),
}  # fmt: skip
"""By model: bits per character of each of `CORPORA`, the mean score, and HumanEval."""


def rows(score: str = "score") -> list[dict[str, str | float | None]]:
    """Return a row for each model and corpus; `score` is ``score`` or ``humaneval``."""
    return [
        {"model": model, "corpus": corpus, "bits_per_character": bits, "score": mean if score == "score" else humaneval}
        for model, (*of_corpora, mean, humaneval) in PUBLISHED.items()
        for corpus, bits in zip(CORPORA, of_corpora, strict=True)
    ]
