import { registry } from "@web/core/registry";
import { MixpayDisplay } from "@pos_mixpay/customer_display/display";

registry.category("main_components").add("MixpayDisplay", { Component: MixpayDisplay, props: {} });
