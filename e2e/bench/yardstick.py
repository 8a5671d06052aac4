"""The same journey in Django, for the figures to be held against: pages, inputs and order are those that the benchmark gives, every
input is a text (which is the least that Django can do for it), each page is kept in a session in SQLite, and the last press
writes one row. Invariant: loopback only; everything is in the folder that it is given."""
import json
import os
import sqlite3

import django
from django import forms
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import path

FOLDER = os.environ["YARDSTICK_FOLDER"]
PAGES = json.loads(os.environ["YARDSTICK_PAGES"])  # [[page, [input, …]], …]

settings.configure(
    SECRET_KEY="a benchmark on loopback", ALLOWED_HOSTS=["localhost", "127.0.0.1"], ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.sessions"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
    ],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(FOLDER, "yardstick.sqlite"), "CONN_MAX_AGE": None,
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", "transaction_mode": "IMMEDIATE"},
    }},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    USE_TZ=True,
)
django.setup()


class SeeOther(HttpResponseRedirect):
    status_code = 303


def form_of(names):
    return type("Page", (forms.Form,), {
        name: forms.CharField(label=name, required=False, max_length=200) for name in names
    })


FORMS = {page: form_of(names) for page, names in PAGES}
ORDER = [page for page, _ in PAGES]

WHOLE = """<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{{ title }}</title></head><body><h1>{{ title }}</h1>
<form method="post">{% csrf_token %}{% block inside %}{% endblock %}<button>次へ</button></form></body></html>"""
PAGE = engines["django"].from_string(WHOLE.replace("{% block inside %}{% endblock %}", "{{ form.as_p }}"))
CHECK = engines["django"].from_string(WHOLE.replace(
    "{% block inside %}{% endblock %}",
    "<dl>{% for name, value in answers.items %}<dt>{{ name }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>"))


def start(request):
    if request.method == "POST":
        request.session["answers"] = {}
        return SeeOther(f"/{ORDER[0]}")
    return HttpResponse(PAGE.render({"title": "start", "form": ""}, request))


def page(request, name):
    answers = request.session.get("answers", {})
    if request.method == "POST":
        form = FORMS[name](request.POST)
        if form.is_valid():
            request.session["answers"] = answers | form.cleaned_data
            after = ORDER[ORDER.index(name) + 1:]
            return SeeOther(f"/{after[0]}" if after else "/check")
    else:
        form = FORMS[name](initial=answers)
    return HttpResponse(PAGE.render({"title": name, "form": form}, request))


def check(request):
    answers = request.session.get("answers", {})
    if request.method == "POST":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO filing (answers) VALUES (%s)", [json.dumps(answers)])
            number = cursor.lastrowid
        request.session.flush()
        return SeeOther(f"/done?{number}")
    return HttpResponse(CHECK.render({"title": "check", "answers": answers}, request))


def done(request):
    return HttpResponse(PAGE.render({"title": "done", "form": ""}, request))


urlpatterns = [path("", start), path("check", check), path("done", done), path("<str:name>", page)]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    with sqlite3.connect(os.path.join(FOLDER, "yardstick.sqlite")) as database:
        database.execute("CREATE TABLE filing (number INTEGER PRIMARY KEY, answers TEXT NOT NULL)")
else:
    application = get_wsgi_application()
