-- What a file of purchases fills by the hundred thousand rows: each foreign key was looked up row by row
-- and locked the row that it led to, four tenths of an import's time in the database. A trigger looks at
-- all rows of a statement at once instead (repeat/guards.sql): what they lead to is never deleted and its
-- keys never change, so a reference can be wrong only when it comes.

set local search_path to issuer, pg_temp;

alter table customer_version drop constraint customer_version_customer_id_fkey,
    drop constraint customer_version_operator_id_fkey;
alter table orders drop constraint orders_customer_id_fkey;
alter table license drop constraint license_customer_id_fkey, drop constraint license_product_fkey,
    drop constraint license_order_id_fkey;
alter table license_key drop constraint license_key_license_id_fkey;
alter table license_proof drop constraint license_proof_license_key_id_fkey;
alter table key_delivery drop constraint key_delivery_license_key_id_fkey,
    drop constraint key_delivery_operator_id_fkey;
alter table contact drop constraint contact_license_id_fkey;
alter table entitlement drop constraint entitlement_license_id_fkey,
    drop constraint entitlement_order_id_fkey, drop constraint entitlement_operator_id_fkey;
alter table entitlement_feature drop constraint entitlement_feature_code_fkey,
    drop constraint entitlement_feature_license_id_version_fkey;
alter table term_entry drop constraint term_entry_code_fkey, drop constraint term_entry_order_id_fkey,
    drop constraint term_entry_license_id_version_fkey;
alter table import_row drop constraint import_row_license_id_fkey,
    drop constraint import_row_import_id_fkey;
