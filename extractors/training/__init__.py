"""How the reader's weights are made: ``make model``, or ``python -m extractors.training``.

Only ``tools/claim_figures.py`` imports it from outside, and only this package imports torch, rhoknp, scikit-learn and
onnx. It runs from a checkout: what it learns from is in ``data/`` and in the corpora that ``--shared`` names.
"""
