"""The order desk, its ledger and its journal against a model of everything around them, in any order."""

from hypothesis import HealthCheck, settings

from tests.doubles.order_machine import OrderMachine

TestOrders = OrderMachine.TestCase
TestOrders.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
