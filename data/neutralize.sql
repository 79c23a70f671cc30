-- A neutralized copy talks to a test server only, and keeps nobody's payee.
UPDATE pos_payment_method
   SET mixpay_payee_id = NULL,
       mixpay_test_mode = true
 WHERE use_payment_terminal = 'mixpay';

DELETE FROM ir_config_parameter
 WHERE key IN ('pos_mixpay.api_url', 'pos_mixpay.pay_url', 'pos_mixpay.callback_base_url');

INSERT INTO ir_config_parameter (key, value)
     VALUES ('pos_mixpay.allow_test_mode', 'True')
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;

-- It does not know which payees the company has used. Payments of the original are the original's
-- business: this copy asks nobody about them. A database that was not upgraded yet lacks some of
-- these tables and columns, or has them by names of before; an error here would leave the whole copy
-- as it came.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['mixpay_payee', 'mixpay_job', 'mixpay_watch', 'mixpay_followup'] LOOP
        IF to_regclass(name) IS NOT NULL THEN
            EXECUTE 'DELETE FROM ' || name;
        END IF;
    END LOOP;
    FOR name IN
        SELECT attname
          FROM pg_attribute
         WHERE attrelid = to_regclass('mixpay_payment')
           AND attname IN ('finish_at', 'settle_at')
           AND NOT attisdropped
    LOOP
        EXECUTE 'UPDATE mixpay_payment SET ' || name || ' = NULL WHERE ' || name || ' IS NOT NULL';
    END LOOP;
END
$$;
