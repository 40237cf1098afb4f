"""Work orders (协作工单): steps of a case that another department or a partner owes."""
