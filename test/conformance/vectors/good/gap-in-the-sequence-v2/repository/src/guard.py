def handle(user, request):
    if not user.is_admin:
        return "denied"
    delete_everything(request)
    return "done"
