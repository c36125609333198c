"""Names that leave no doubt decide; all others do not."""

import pytest

from annotate.study import infer_direction


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("acc", "maximize"),
        ("val_acc", "maximize"),
        ("valAccuracy", "maximize"),
        ("max(accs, key=acc)", "maximize"),
        ("metrics['f1']", "maximize"),
        ("roc_auc_score(y, p)", "maximize"),
        ("model.score(X_test, y_test)", "maximize"),
        ("loss", "minimize"),
        ("loss.item()", "minimize"),
        ("test_loss / len(loader)", "minimize"),
        ("mean_squared_error(y, p)", "minimize"),
        ("RMSE", "minimize"),
        ("perplexity", "minimize"),
        ("-loss", "maximize"),
        ("1 - acc", "minimize"),
        ("neg_mse", "maximize"),
        ("result", None),
        ("x", None),
        ("loss_accuracy", None),
        ("glossary", None),
        ("", None),
    ],
)
def test_a_direction_is_read_off_a_name_only_where_it_is_plain(name, direction):
    assert infer_direction(name) == direction
