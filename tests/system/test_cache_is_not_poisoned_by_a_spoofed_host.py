"""A client that has its own server speak for somebody else's name poisons nothing but what is asked of that server."""
from lab.namespaces import OTHER
from scripted import Scripted, get, plain

THIRD = "10.92.0.4"


def test_the_dialled_address_is_part_of_the_key(lab, weir):
    weir()
    with Scripted(lab, lambda *_: plain(b"evil"), THIRD), Scripted(lab, lambda *_: plain(b"good"), OTHER):
        assert get(lab, THIRD, "/login", "bank.example")[1] == b"evil"
        assert get(lab, OTHER, "/login", "bank.example")[1] == b"good"
        assert get(lab, THIRD, "/login", "bank.example")[1] == b"evil"
        assert get(lab, OTHER, "/login", "bank.example", source="10.91.0.3")[1] == b"good"


def test_a_host_that_is_another_address_is_not_believed(lab, weir):
    weir()
    with Scripted(lab, lambda *_: plain(b"evil"), THIRD), Scripted(lab, lambda *_: plain(b"good"), OTHER):
        assert get(lab, THIRD, "/", OTHER)[1] == b"evil"
        assert get(lab, OTHER, "/", OTHER)[1] == b"good"
