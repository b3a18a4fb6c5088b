// return isAllowed(user);
