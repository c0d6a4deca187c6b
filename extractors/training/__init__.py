"""How the reader's weights are made: ``make model``, or ``python -m extractors.training``.

Nothing else imports this package, and only this package imports torch, rhoknp, scikit-learn and onnx. It runs from a
checkout: what it learns from is in ``data/`` and in the corpora that ``--shared`` names.
"""
