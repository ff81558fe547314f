"""Compiles the modules where it pays; all else is in pyproject.toml."""

from Cython.Build import cythonize
from setuptools import Extension, setup

extensions = cythonize(
    [Extension(f"scanner.git.{name}", [f"scanner/git/{name}.py"]) for name in ("delta", "entries")],
    build_dir="build",
)
for extension in extensions:
    extension.optional = True  # without a C compiler they run as the Python that they are

setup(ext_modules=extensions)
