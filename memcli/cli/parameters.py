"""Values on the command line that need no conversion are not converted.

Typer has pydantic turn every value into its type, text into text too, and importing pydantic takes longer than most
commands. What is text, a switch or a plain number is taken as it is here; all else goes typer's way, errors included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typer._coercion import RuntimeParam, TypeDescriptor, build_runtime_param

if TYPE_CHECKING:
    from typer._click import Context, Parameter


@dataclass(frozen=True)
class _AsItIs(RuntimeParam):
    """A parameter's conversion that asks typer's own only where there is something to convert."""

    descriptor: TypeDescriptor

    def _coerce_value(self, value: Any, param: Any, ctx: Context) -> Any:
        if self.annotation is str and isinstance(value, str):
            return value
        if self.annotation == list[str] and all(isinstance(one, str) for one in value):
            return list(value)
        if self.annotation is int and isinstance(value, str) and value.isascii() and value.isdecimal():
            value = int(value)
        if self.annotation in (bool, int) and type(value) is self.annotation and self._inside(value):
            return value
        return build_runtime_param(self.descriptor).coerce(value, param=param, ctx=ctx)

    def _inside(self, number: int) -> bool:
        low, high = self.parameter_info.min, self.parameter_info.max
        return (low is None or number >= low) and (high is None or number <= high)


class TakesAsItIs:
    """What a command of typer inherits, before its own class, to take values so."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Its parameters, the option for help included."""
        params: list[Parameter] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            descriptor = getattr(param, "type_descriptor", None)
            if isinstance(descriptor, TypeDescriptor) and descriptor.parameter_info.parser is None:
                param._runtime_param = _AsItIs(  # type: ignore[attr-defined]
                    parameter_info=descriptor.parameter_info, annotation=descriptor.annotation, descriptor=descriptor
                )
        return params
