import { createRequire } from "node:module";

// tools/lint keeps the packages outside of the checkout and says where.
const require = createRequire(process.env.POS_MIXPAY_NODE_MODULES ?? import.meta.url);
const js = require("@eslint/js");
const globals = require("globals");

export default [
    js.configs.recommended,
    {
        files: ["static/**/*.js"],
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: "module",
            globals: { ...globals.browser, odoo: "readonly" },
        },
        rules: {
            complexity: ["error", 10],
            curly: ["error", "all"],
            eqeqeq: ["error", "always", { null: "ignore" }],
            "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
            "no-console": ["error", { allow: ["warn", "error"] }],
            "no-unused-vars": ["error", { args: "after-used", caughtErrors: "none" }],
            "no-var": "error",
            "object-shorthand": "error",
            "prefer-const": "error",
            "no-restricted-globals": ["error", "event", "self"],
        },
    },
    {
        // What is eager is on every register: what is lazy would come with it.
        files: ["static/src/app/**/*.js"],
        rules: { "no-restricted-imports": ["error", { patterns: ["@pos_mixpay/lazy/*"] }] },
    },
    {
        // Suites wrap all of their tests in one function.
        files: ["static/tests/**/*.js"],
        rules: { "max-lines-per-function": "off" },
    },
];
