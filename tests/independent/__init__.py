"""Tests with a Matrix client that shares no code with ours: matrix-js-sdk, on the Node that comes with the tests."""
