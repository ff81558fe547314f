"""Compiles the modules where it pays; all else is in pyproject.toml."""

from Cython.Build import cythonize
from setuptools import Extension, setup

setup(
    ext_modules=cythonize(
        # Optional: where there is no C compiler, they run as the Python that they are.
        [
            Extension(f"scanner.git.{name}", [f"scanner/git/{name}.py"], optional=True)
            for name in ("delta", "entries")
        ],
        build_dir="build",
        language_level=3,
    )
)
