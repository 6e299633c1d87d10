"""The configuration in front of the Django admin: the gateway itself finds it sound, and its cases come out as written."""

from gateway import Gateway


def test_the_configuration_is_sound(office: Gateway):
    office.command("check")


def test_the_cases_come_out_as_written(office: Gateway):
    office.command("policy", "test")
