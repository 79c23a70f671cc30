-- A neutralized copy talks to a test server only, and keeps nobody's payee.
UPDATE pos_payment_method
   SET mixpay_payee_id = NULL,
       mixpay_test_mode = true
 WHERE use_payment_terminal = 'mixpay';

-- Nor does it know which payees the company has used. (A database that was not upgraded yet has no
-- such table.)
DO $$
BEGIN
    IF to_regclass('mixpay_payee') IS NOT NULL THEN
        DELETE FROM mixpay_payee;
    END IF;
END
$$;

DELETE FROM ir_config_parameter
 WHERE key IN ('pos_mixpay.api_url', 'pos_mixpay.pay_url', 'pos_mixpay.callback_base_url');

INSERT INTO ir_config_parameter (key, value)
     VALUES ('pos_mixpay.allow_test_mode', 'True')
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;

-- Payments of the original are the original's business: this copy asks nobody about them.
DELETE FROM mixpay_job;

DO $$
BEGIN
    IF to_regclass('mixpay_followup') IS NOT NULL THEN
        DELETE FROM mixpay_followup;
    END IF;
END
$$;

UPDATE mixpay_payment SET finish_at = NULL WHERE finish_at IS NOT NULL;
