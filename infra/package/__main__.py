"""The component package as the engine starts it: it answers until it is ended."""

import gc
import sys

from pulumi.provider import main

from infra.package.provider import PackageProvider

gc.disable()  # millions of objects of AWS classes stay to the end, as in the program
main(PackageProvider(), sys.argv[1:])
