"""Filters of Describe calls."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import moto.ec2.utils as utils

_one = utils.is_filter_matching


def is_filter_matching(obj: Any, _filter: str, filter_value: Any) -> bool:
    value = obj.get_filter_value(_filter)
    # AWS: of what has several values, such as the associations of a route table, one that is asked for is enough;
    # moto wants that all were asked for, or all of those asked for
    if isinstance(value, (list, set, tuple)) and isinstance(filter_value, (list, set, tuple)):
        return any(fnmatchcase(str(element), str(pattern)) for element in value for pattern in filter_value)
    return _one(obj, _filter, filter_value)


utils.is_filter_matching = is_filter_matching
