import pytest
from pydantic import ValidationError

from models.settings import EvaluationSettings, LogisticSettings, Settings, TrainSettings


@pytest.mark.parametrize(
    ("model", "key"),
    [(TrainSettings, "estimators"), (LogisticSettings, "penalties"), (EvaluationSettings, "top_shares")],
)
def test_an_empty_list_is_refused(model: type[Settings], key: str) -> None:
    with pytest.raises(ValidationError, match=f"{key}\n.*at least 1 item"):
        model.model_validate_json(f'{{"{key}": []}}')
