"""``params.yaml`` and ``conf/**.yaml`` as frozen, typed settings; a mistake is named."""

from __future__ import annotations

import json
import os
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import ValidationError

from features.errors import InputError
from features.label_presets import LabelPreset, with_preset
from features.settings import (
    CutoffSettings,
    EngineSettings,
    FeatureSettings,
    JourneyName,
    JourneySettings,
    LabelSettings,
    Name,
    Settings,
    SourceSettings,
)
from models.monitoring.settings import MonitorSettings
from models.next_category.settings import NextCategorySettings
from models.policies.settings import PolicySettings
from models.promotion.settings import PromotionSettings
from models.settings import (
    EvaluationSettings,
    ExitSettings,
    NextActionSettings,
    PersonaSettings,
    ScoreSettings,
    TrackingSettings,
    TrainSettings,
)
from models.timing.settings import TimingSettings
from models.value.settings import ValueSettings
from pipelines.demo_shop.settings import DemoSettings

S = TypeVar("S", bound=Settings)


class Params(Settings):
    """The whole of ``params.yaml``."""

    source: Name
    journey: JourneyName = "five_phase"
    language: Literal["en", "nl"] = "en"
    demo: DemoSettings = DemoSettings()
    engine: EngineSettings = EngineSettings()
    cutoffs: CutoffSettings = CutoffSettings()
    features: FeatureSettings
    churn: LabelSettings = LabelSettings()
    readiness: LabelSettings = LabelSettings()
    train: TrainSettings = TrainSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    next_action: NextActionSettings = NextActionSettings()
    exits: ExitSettings = ExitSettings()
    timing: TimingSettings = TimingSettings()
    value: ValueSettings = ValueSettings()
    next_category: NextCategorySettings = NextCategorySettings()
    policy: PolicySettings = PolicySettings()
    score: ScoreSettings = ScoreSettings()
    personas: PersonaSettings = PersonaSettings()
    tracking: TrackingSettings = TrackingSettings()
    promotion: PromotionSettings = PromotionSettings()
    monitor: MonitorSettings = MonitorSettings()


def project_root() -> Path:
    """Folder of ``params.yaml``: the nearest one at or above the working folder.

    Raises
    ------
    InputError
        If there is no ``params.yaml`` on the way up.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "params.yaml").is_file():
            return folder
    raise InputError(f"no params.yaml in {here} or above it; run klantreis inside a project folder")


def read_settings(path: Path, model: type[S], chosen_by: str = "") -> S:
    """Read one YAML file into its settings model.

    Parameters
    ----------
    path : Path
        A YAML file.
    model : type of Settings
        The frozen model it must fit.
    chosen_by : str
        Key of params.yaml that names the file, for the message when it does not exist.

    Raises
    ------
    InputError
        Naming the file, the key, what was found and what is allowed; every mistake at once.
    """
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml"))) or "none"
        remedy = f"; change {chosen_by} in params.yaml" if chosen_by else ""
        raise InputError(f"{_shown(path)} does not exist; found in {_shown(path.parent)}: {names}{remedy}")
    try:
        data = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_UniqueKeys)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{_shown(path)} is not readable YAML: {error}") from error
    return check_settings(data, model, _shown(path))


def check_settings(data: object, model: type[S], where: str) -> S:
    """Check parsed YAML against a settings model; ``where`` opens each message."""
    if not isinstance(data, dict):
        raise InputError(f"{where}: expected keys and values, found {type(data).__name__}")
    try:
        # JSON mode is strict about numbers and words, yet takes lists and ISO dates as YAML writes them.
        return model.model_validate_json(json.dumps(data, default=_iso))
    except ValidationError as error:
        lines = [_explain(where, problem, model) for problem in error.errors()]
        raise InputError("\n".join(lines)) from None


def load_params(root: Path | None = None) -> Params:
    """Read ``params.yaml`` of the project; label contracts are filled in with their presets."""
    folder = root or project_root()
    params = read_settings(folder / "params.yaml", Params)
    return params.model_copy(
        update={
            target: with_preset(getattr(params, target), target, lambda: load_label_presets(folder))
            for target in ("churn", "readiness")
        }
    )


def load_label_presets(root: Path | None = None) -> dict[str, LabelPreset]:
    """Read every file of ``conf/labels``, by name."""
    files = sorted(((root or project_root()) / "conf/labels").glob("*.yaml"))
    return {path.stem: read_settings(path, LabelPreset) for path in files}


def load_source(name: str, root: Path | None = None) -> SourceSettings:
    """Read ``conf/sources/<name>.yaml``; a path to a YAML file elsewhere works too."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else Path("conf/sources") / f"{name}.yaml"
    return read_settings((root or project_root()) / path, SourceSettings, "source")


def load_journey(name: str, root: Path | None = None) -> JourneySettings:
    """Read ``conf/journeys/<name>.yaml``."""
    return read_settings(
        (root or project_root()) / "conf/journeys" / f"{name}.yaml", JourneySettings, "journey"
    )


class _UniqueKeys(yaml.SafeLoader):
    """YAML lets the last of two equal keys win silently; here the second one is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=deep)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _iso(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise InputError(f"a value of type {type(value).__name__} has no place in a settings file: {value!r}")


def _explain(where: str, problem: Any, model: type[Settings]) -> str:
    path = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        allowed = ", ".join(_keys_at(model, problem["loc"][:-1])) or "nothing"
        return f"{where}: unknown key {path!r}; allowed here: {allowed}"
    if problem["type"] == "missing":
        return f"{where}: key {path!r} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    place = f"key {path!r}: " if path else ""
    return f"{where}: {place}{message}; found {problem['input']!r}"


def _keys_at(model: type[Settings], loc: tuple[Any, ...]) -> list[str]:
    """Keys allowed at a place in the settings: walk the annotations down to it."""
    fields = model.model_fields
    for part in loc:
        if isinstance(part, int):
            continue
        candidates = [fields[part].annotation] if part in fields else []
        nested = [kind for found in candidates for kind in _settings_in(found)]
        if not nested:
            return []
        fields = nested[0].model_fields
    return sorted(fields)


def _settings_in(annotation: Any) -> list[type[Settings]]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return [annotation]
    return [kind for part in getattr(annotation, "__args__", ()) for kind in _settings_in(part)]


def _shown(path: Path) -> str:
    """Path relative to the working folder where possible: messages and logs carry no machine path."""
    return os.path.relpath(path)
