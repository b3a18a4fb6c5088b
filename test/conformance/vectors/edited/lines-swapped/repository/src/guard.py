def handle(user, request):
    if not user.is_admin:
    delete_everything(request)
        return "denied"
    return "done"
