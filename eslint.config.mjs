import { createRequire } from "node:module";

// tools/lint keeps the packages outside of the checkout and says where.
const require = createRequire(process.env.POS_MIXPAY_NODE_MODULES ?? import.meta.url);
const js = require("@eslint/js");
const globals = require("globals");

// The rooms of the register, lowest first. A file imports from rooms below its own only, and nothing eager
// imports what is lazy: it would become part of every register. Several files in one entry do not know
// each other.
const EAGER_ROOMS = [
    ["messages", "services/payments"],
    ["services/polling"],
    ["services/mixpay_service"],
    ["loader"],
    ["lines", "screens"],
    ["saving", "orders"],
    ["popup"],
    ["attempts"],
    ["mixpay_register"],
    ["payment_mixpay"],
    ["patches/*"],
];
const LAZY_ROOMS = [
    ["check", "duration", "error_texts", "hint", "moved", "notices", "reloading", "version"],
    ["cancel_texts", "gone", "refund_texts"],
    ["components/*/*"],
    ["approval", "closing", "customer", "customer_display", "news", "slip"],
    ["refunds"],
    ["cancelling", "restrictions"],
    ["aside", "deletion", "finishing", "refusal", "sounds", "validation"],
    ["recent", "start"],
    ["main"],
];
// The customer display is a page of its own, which has nothing of the register.
const DISPLAY_ROOMS = [["view"], ["components/*/*"], ["display"], ["start"]];
const NOT_ON_DISPLAYS = [
    "@pos_mixpay/app/*",
    "@pos_mixpay/lazy/*",
    "!@pos_mixpay/lazy/duration",
    "@point_of_sale/app/*",
];

function rooms(part, levels, forbidden) {
    return levels.map((level, index) => {
        const notBelow = levels.slice(index).flat();
        const patterns = notBelow.map((name) => `@pos_mixpay/${part}/${name}`);
        const files = level.map((name) => `static/src/${part}/${name}.js`);
        return { files, rules: imports([...patterns, ...forbidden]) };
    });
}

function imports(group) {
    const message = "Rooms import from rooms below them only: see the list in eslint.config.mjs.";
    return {
        "no-restricted-imports": [
            "error",
            { patterns: [{ group: [...group, "./*", "../*"], message }] },
        ],
    };
}

export default [
    js.configs.recommended,
    {
        files: ["static/**/*.js"],
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: "module",
            globals: { ...globals.browser, luxon: "readonly", odoo: "readonly" },
        },
        rules: {
            complexity: ["error", 10],
            curly: ["error", "all"],
            eqeqeq: ["error", "always", { null: "ignore" }],
            "max-lines-per-function": [
                "error",
                { max: 30, skipBlankLines: true, skipComments: true },
            ],
            "no-console": ["error", { allow: ["warn", "error"] }],
            "no-unused-vars": ["error", { args: "after-used", caughtErrors: "none" }],
            "no-var": "error",
            "object-shorthand": "error",
            "prefer-const": "error",
            "no-restricted-globals": ["error", "event", "self"],
        },
    },
    {
        // A file outside of the lists imports nothing of ours: it needs a room first.
        files: ["static/src/**/*.js"],
        rules: {
            ...imports(["@pos_mixpay/*"]),
            "no-restricted-syntax": [
                "error",
                {
                    selector:
                        "MemberExpression[property.name=/^_/]:not([object.type=/^(This|Super)/])",
                    message: "What begins with an underscore is its room's own.",
                },
            ],
        },
    },
    ...rooms("app", EAGER_ROOMS, ["@pos_mixpay/lazy/*"]),
    ...rooms("lazy", LAZY_ROOMS, []),
    ...rooms("customer_display", DISPLAY_ROOMS, NOT_ON_DISPLAYS),
    {
        // Suites wrap all of their tests in one function.
        files: ["static/tests/**/*.js"],
        rules: { "max-lines-per-function": "off" },
    },
];
