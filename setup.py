from setuptools import find_packages, setup

# The package tellwire has the public names of the other two. Its folder is in scripts, which has the
# programs; the examples of a configuration are part of it, so that the command init finds them wherever it
# is installed.
setup(
    packages=[*find_packages(include=["actors*", "runtime*"]), "tellwire", "tellwire.configs"],
    package_dir={"tellwire": "scripts/tellwire", "tellwire.configs": "configs"},
)
