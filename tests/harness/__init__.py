# SPDX-License-Identifier: Apache-2.0
"""What every test against real programs shares: folders, processes, names, keys, nodes, mail."""
