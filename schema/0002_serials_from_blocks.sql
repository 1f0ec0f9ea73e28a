-- A block of serials begins where the one before ends. What a sequence has given out stays given out
-- even where the transaction ends midway, and nothing would explain the gap.
drop sequence usage_license_serial;
