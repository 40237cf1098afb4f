"""The flood: every open parcel's track and exceptions, owned by the partition that reads its scans (RO-11)."""
