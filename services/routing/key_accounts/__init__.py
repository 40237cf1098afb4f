"""Key accounts (重点客户) by the number of their parcels in a month (RO-5)."""
