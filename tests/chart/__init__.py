"""The Helm chart: its files, what it renders, and a release of it in a real cluster.

`python -m tests.chart` writes anew what in the chart is made from other files.
"""
