"""`dataclass`, `field`, `fields` and `replace` of the standard library, but quick to load.

The standard library's module imports inspect and re, and compiles methods for each class: that
takes longer than everything awsenv does until it asks for an MFA code. These do the same for what
awsenv uses: positional and named arguments, defaults, `frozen`, `repr=False`, `init=False`,
equality, hashing of frozen ones. Modules that use them need `from __future__ import annotations`.
"""

from __future__ import annotations

__all__ = ["dataclass", "field", "fields", "replace"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields, replace
else:
    _MISSING = object()

    class _Field:
        __slots__ = ("default", "factory", "init", "name", "repr")

        def __init__(self, default, factory, repr, init):  # noqa: A002
            self.name = ""
            self.default = default
            self.factory = factory
            self.repr = repr
            self.init = init

    def field(*, default=_MISSING, default_factory=None, repr=True, init=True):  # noqa: A002
        return _Field(default, default_factory, repr, init)

    def dataclass(cls=None, *, frozen=False):
        def made(cls):
            found = tuple(_taken(cls, name) for name in cls.__annotations__)
            cls.__data_fields__ = found
            cls.__data_names__ = tuple(each.name for each in found if each.init)
            cls.__data_named__ = frozenset(cls.__data_names__)
            cls.__data_defaults__ = {
                each.name: each.default for each in found if each.default is not _MISSING
            }
            cls.__data_factories__ = [(each.name, each.factory) for each in found if each.factory]
            cls.__init__, cls.__repr__, cls.__eq__ = _init, _repr, _eq
            cls.__hash__ = _hash if frozen else None
            if frozen:
                cls.__setattr__ = cls.__delattr__ = _refuse
            return cls

        return made if cls is None else made(cls)

    def fields(thing):
        return thing.__data_fields__

    def replace(instance, /, **changes):
        given = {each.name: getattr(instance, each.name) for each in fields(instance) if each.init}
        return type(instance)(**(given | changes))

    def _taken(cls, name):
        """The field called `name`; its default stays behind as an attribute of the class."""
        default = cls.__dict__.get(name, _MISSING)
        found = default if isinstance(default, _Field) else field(default=default)
        found.name = name
        if found.default is not _MISSING:
            setattr(cls, name, found.default)
        elif default is not _MISSING:
            delattr(cls, name)
        return found

    def _init(self, *args, **named):
        cls = type(self)
        names = cls.__data_names__
        # Not by setattr, which frozen classes refuse; and quick, because `list` creates thousands.
        values = self.__dict__
        values.update(cls.__data_defaults__)
        values.update(zip(names, args, strict=False))
        values.update(named)
        for name, factory in cls.__data_factories__:
            if name not in values:
                values[name] = factory()
        twice = args and named and not named.keys().isdisjoint(names[: len(args)])
        wrong = len(values) != len(cls.__data_fields__) or not named.keys() <= cls.__data_named__
        if twice or wrong or len(args) > len(names):
            raise TypeError(f"{cls.__name__}() does not take {len(args)} and {[*named]}")
        if hasattr(cls, "__post_init__"):
            self.__post_init__()

    def _values(instance):
        return tuple(getattr(instance, each.name) for each in fields(instance))

    def _repr(self):
        shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _eq(self, other):
        return _values(self) == _values(other) if type(self) is type(other) else NotImplemented

    def _hash(self):
        return hash(_values(self))

    def _refuse(_self, name, *_value):
        raise AttributeError(f"cannot change {name!r}")
