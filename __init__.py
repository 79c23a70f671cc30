from . import controllers, models, wizard


def post_init_hook(env):
    """Have the database know itself, and so a copy of it know that it is one."""
    env["mixpay.settings"]._adopt_database()


def uninstall_hook(env):
    """Leave payment methods that work without this addon."""
    env["mixpay.uninstall"]._prepare_uninstall()
