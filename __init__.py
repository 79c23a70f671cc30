from . import controllers, models, wizard


def post_init_hook(env):
    """Record the database's identifier, by which a copy of it knows that it is a copy."""
    env["mixpay.settings"]._adopt_database()


def uninstall_hook(env):
    """Have payment methods go on without this addon."""
    env["mixpay.uninstall"]._prepare_uninstall()
