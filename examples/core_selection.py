"""Select 20 of some hundred texts with the core alone: no Spark, no config.

Run it with ``python examples/core_selection.py``. The texts are documentation strings of the standard library.
"""

import argparse
import inspect
import logging
import os
import shutil
import socket
import unittest

from zip_pipeline.selection import RULES, Budget, GreedySelector, Quotas

texts = {
    f"{module.__name__}.{name}": documentation.encode()
    for module in (argparse, inspect, logging, os, shutil, socket, unittest)
    for name, value in vars(module).items()
    if callable(value) and (documentation := inspect.getdoc(value))
}
selector = GreedySelector(RULES["gain"], k1=40, k2=20, k3=5)
picks = list(selector.picks(selector.stream(texts, seed=1), Quotas(Budget(20))))

if __name__ == "__main__":
    for pick in picks:
        print(f"{pick.rank:2} {pick.id}: ratio alone {pick.ratio:.2f}, of the selection so far {pick.set_ratio:.2f}")
    whole = selector.framing.join(texts.values())
    print(f"all {len(texts)} texts: ratio {len(whole) / selector.codec.compressed_size(whole):.2f}")
