"""
Real predictions on 336,776 flights, replayed as a serving log.

The committed data files need nothing from this package; it only rebuilds them
(``python -m sample_data.build``, which needs scikit-learn).
"""
