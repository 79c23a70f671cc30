{
    "name": "POS MixPay",
    "version": "19.0.1.4.0",
    "category": "Sales/Point of Sale",
    "summary": "Take crypto payments in the Point of Sale with MixPay: any coin in, your coin out",
    "author": "pos_mixpay contributors",
    "license": "LGPL-3",
    "depends": ["point_of_sale"],
    "external_dependencies": {"python": ["requests", "qrcode"]},
    "data": [
        "security/mixpay_security.xml",
        "security/ir.model.access.csv",
        "data/mixpay_asset_data.xml",
        "data/ir_cron_data.xml",
        "wizard/mixpay_decide_views.xml",
        "wizard/mixpay_look_up_views.xml",
        "wizard/mixpay_set_code_views.xml",
        "wizard/mixpay_enter_value_views.xml",
        "wizard/mixpay_set_up_books_views.xml",
        "wizard/mixpay_pay_refund_views.xml",
        "views/mixpay_asset_views.xml",
        "views/mixpay_payment_views.xml",
        "views/mixpay_approval_views.xml",
        "views/mixpay_event_views.xml",
        "views/mixpay_refund_views.xml",
        "views/mixpay_lookup_views.xml",
        "views/mixpay_approver_views.xml",
        "views/mixpay_export_views.xml",
        "views/mixpay_evening_views.xml",
        "views/mixpay_claim_templates.xml",
        "views/mixpay_code_templates.xml",
        "views/res_config_settings_views.xml",
        "views/res_users_views.xml",
        "views/pos_payment_method_views.xml",
        "views/pos_mixpay_menus.xml",
        # Their menus stand below the one for accountants.
        "views/mixpay_booking_views.xml",
        "views/mixpay_cash_out_views.xml",
        "views/mixpay_comparison_views.xml",
        "report/pos_session_sales_details.xml",
        "report/mixpay_export_page.xml",
    ],
    "images": [
        "static/description/popup.png",
        "static/description/phone.png",
        "static/description/receipt.png",
    ],
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
    "assets": {
        "point_of_sale._assets_pos": [
            "pos_mixpay/static/src/app/**/*",
        ],
        # Loaded by the register when it is needed: static/src/app/loader.js.
        "pos_mixpay.assets_lazy": [
            "pos_mixpay/static/src/lazy/**/*",
        ],
        # A page of its own, also on other devices.
        "point_of_sale.customer_display_assets": [
            "pos_mixpay/static/src/lazy/duration.js",
            "pos_mixpay/static/src/customer_display/**/*",
        ],
        "point_of_sale.customer_display_assets_test": [
            "pos_mixpay/static/tests/customer_display/**/*",
        ],
        "web.assets_unit_tests_setup": [
            "pos_mixpay/static/src/lazy/**/*",
            "pos_mixpay/static/src/customer_display/**/*",
            # It would show itself in every test.
            ("remove", "pos_mixpay/static/src/customer_display/start.js"),
        ],
        "web.assets_unit_tests": [
            "pos_mixpay/static/tests/unit/**/*",
        ],
        "web.assets_tests": [
            "pos_mixpay/static/tests/tours/**/*",
        ],
    },
}
