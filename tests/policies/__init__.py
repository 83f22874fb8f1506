"""Tests of the control plane: rules, controller and observed state, through their public names."""
