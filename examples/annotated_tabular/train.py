"""Predict how diabetes progresses within a year, from ten measurements of a patient.

    python train.py                        one cross-validation with the defaults below
    annotate run train.py --trials 50      fifty of them, over the annotated values

Each model has parameters of its own; those of the models that a trial did not choose are never asked for.
What is reported is the root mean squared error over five folds; its unit is that of the disease score (25 to 346).
"""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler


def make_model():
    # @nni.variable(nni.choice("boosting", "forest", "ridge"), name=kind)
    kind = "boosting"

    if kind == "boosting":
        return HistGradientBoostingRegressor(
            learning_rate=0.1,  # @nni.loguniform(0.01, 0.5)
            max_iter=100,  # @nni.qloguniform(20, 400, 10)
            max_leaf_nodes=31,  # @nni.randint(3, 64)
            l2_regularization=0.0,  # @nni.choice(0.0, 0.1, 1.0, 10.0)
            random_state=0,
        )
    if kind == "forest":
        return RandomForestRegressor(
            n_estimators=100,
            min_samples_leaf=1,  # @nni.randint(1, 40)
            max_features=1.0,  # @nni.uniform(0.1, 1.0)
            random_state=0,
        )
    degree = 1  # @nni.choice(1, 2)
    alpha = 1.0  # @nni.loguniform(1e-2, 1e4)
    return make_pipeline(PolynomialFeatures(degree, include_bias=False), StandardScaler(), Ridge(alpha))


def main():
    x, y = load_diabetes(return_X_y=True)
    squared_errors = []
    for fold, (train, test) in enumerate(KFold(5, shuffle=True, random_state=0).split(x), start=1):
        predicted = make_model().fit(x[train], y[train]).predict(x[test])
        squared_errors.extend((predicted - y[test]) ** 2)
        rmse = float(np.sqrt(np.mean(squared_errors)))
        print(f"fold {fold}/5  rmse {rmse:.2f}", flush=True)
        # @nni.report_intermediate_result(rmse)
    # @nni.report_final_result(rmse)
    print(f"final rmse {rmse:.2f}")


if __name__ == "__main__":
    main()
