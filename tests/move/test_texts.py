"""What Python makes of texts, moved as SQL: Python on one database, SQL on another, over texts of every kind."""

from __future__ import annotations

from pathlib import Path

from backfill.server import Server

from migration_guard.move.plan import Move
from move.planning import planned
from move.test_django import INITIAL, django_project, migrate, tables
from move.test_families import HEAD, MORE

ROWS = """
INSERT INTO crm_owner SELECT n, 'Owner ' || n FROM generate_series(1, 9) AS n;
INSERT INTO leads (id, status, name, email, score, active, owner_id)
SELECT n, (ARRAY['new', 'won', 'lost', NULL, ''])[1 + n % 5],
    (ARRAY['', ' ', 'a', 'aa', 'aaaa', 'a%_b', U&'\\00E9t\\00E9 \\+01F600!', U&'e\\0301', '--x--', 'x,,y,', ',', 'Straße,İ', E'a\\nb\\tc', 'a\\b', '%s{}''"'])[1 + n % 15],
    CASE WHEN n % 7 = 0 THEN NULL ELSE 'A_Mail' || n % 80 || U&'@ex\\00E4mple.org' END, NULLIF(n % 6, 5), NULL, NULLIF(n % 9, 0)
FROM generate_series(1, 150) AS n;
INSERT INTO crm_visit (id, lead_id, host_id, place, note)
SELECT n, NULLIF(1 + n * 7 % 120, 5), NULLIF(1 + n % 9, 4), NULLIF(n % 3, 2), 'v' FROM generate_series(1, 200) AS n;
"""


def _loop(*lines: str, rows: str = "Lead.objects.all()") -> str:
    return "\n".join([f"for lead in {rows}:", *(f"        {line}" for line in lines), "        lead.save()"])


SHAPES = {
    "replaced": _loop("lead.email = lead.name.replace('a', '<aa>')"),
    "replaced_by_nothing": _loop("lead.email = lead.name.replace(',', '').replace('\\\\', '/').replace('{}', '')"),
    "first_letters": _loop("lead.email = lead.name[:2]"),
    "all_but_the_last": _loop("lead.email = lead.name[:-1]"),
    "from_the_third": _loop("lead.email = lead.name[2:]"),
    "first_part": _loop("lead.email = lead.name.split(',')[0]"),
    "before_a_text": _loop("lead.email = lead.name.partition('aa')[0]"),
    "letters_off": _loop("lead.email = lead.name.strip('-a,')"),
    "letters_off_the_end": _loop("lead.email = lead.name.rstrip('%_b')"),
    "counted": _loop("lead.score = len(lead.name)"),
    "begins": _loop("lead.active = lead.name.startswith('a')"),
    "ends": _loop("lead.active = not lead.name.endswith('!')"),
    "holds": _loop("if '%' in lead.name or ',' in (lead.email or ''):", "    lead.status = 'holds'"),
    "holds_not": _loop("lead.status = 'no' if 'aa' not in lead.name else 'yes'"),
    "filled_in": _loop("lead.email = '%s: %s%%' % (lead.name, lead.pk)"),
    "formatted": _loop("lead.email = '{} ({}) {{}}'.format(lead.name, lead.score)"),
    "shown": _loop("lead.email = str(lead.score) + str(lead.status)"),
    "looked_up": _loop("lead.email = {'new': 'n', 'won': \"w'\", '': 'none'}.get(lead.status, lead.name)"),
    "looked_up_or_none": "kinds = {0: 'zero', 1: 'one', 3: 'three'}\n    "
    + _loop("lead.email = kinds.get(lead.score)"),
    "of_some_owners": "Lead.objects.filter(owner__in=Owner.objects.filter(pk__gt=6)).update(status='late')",
    "of_listed_owners": "keys = list(Owner.objects.filter(pk__lt=3).values_list('pk', flat=True))\n    "
    "Lead.objects.exclude(owner_id__in=keys).update(email='others')",
    "who_was_visited": "Lead.objects.filter(pk__in=Visit.objects.filter(place=1).values('lead')).update(email='seen')",
    "of_distinct": "Lead.objects.filter(pk__in=Visit.objects.values_list('lead_id', flat=True).distinct()).update(status='v')",
    "if_there_is": "Lead.objects.filter(Exists(Visit.objects.filter(lead=OuterRef('pk'), place=0))).update(name='zero')",
    "if_there_is_none": "Lead.objects.filter(~Exists(Visit.objects.filter(lead_id=OuterRef('pk')))).update(name='alone')",
}


def _head(body: str, before: str) -> str:
    head = HEAD.replace("import slugify\n", "import slugify\nfrom django.db.models import Exists, OuterRef\n", 1)
    return head.replace("{body}", body).replace("{before}", before)


def test_texts_are_made_alike(tmp_path: Path, server: Server) -> None:
    project = django_project(tmp_path)
    project.put("crm/migrations/0002_more.py", MORE)
    with server.fresh() as template:
        migrate(project, server.url(template))
        server.execute(ROWS, template)
        before = "0002_more"
        for number, (name, body) in enumerate(SHAPES.items(), 3):
            project.put(f"crm/migrations/{number:04}_{name}.py", _head(body, before))
            before = f"{number:04}_{name}"
        project.commit()
        with server.fresh(template) as old, server.fresh(template) as new:
            migrate(project, server.url(old))
            moved = project.guard("move", "--all", "--write")
            assert f"{len(SHAPES)} moved (written), 0 refused" in moved.stdout, moved.stdout + moved.stderr
            assert "apply=" not in project.text("backfills.py"), project.text("backfills.py")
            migrate(project, server.url(new))
            done = project.guard("backfill", "run", "--all", "--strict", DATABASE_URL=server.url(new))
            assert done.returncode == 0, done.stdout + done.stderr
            assert tables(server.url(new)) == tables(server.url(old)) != tables(server.url(template))


TURNED_ROUND = (
    "lead.active = not lead.active",
    "lead.score = -lead.score",
    "lead.name = lead.name[1:]",
    "lead.name = lead.name[:-1]",
    "lead.name = lead.name[::-1]",
    "lead.name = lead.name.removeprefix('x')",
    "lead.name = lead.name.split(' ', 1)[-1]",
    "lead.status = {'a': 'b', 'b': 'c'}.get(lead.status, lead.status)",
    "lead.status = {'a': 'b'}.get(lead.status, 'c')",
    "lead.status = {'a': 'b', 'b': 'a'}[lead.status]",
)
ORDER = {
    "rows that another change would hide": (
        (
            "keys = list(Owner.objects.filter(name='x').values_list('pk', flat=True))\n"
            "Owner.objects.filter(name='x').update(name='y')\nLead.objects.filter(owner__in=keys).update(status='z')"
        ),
        "read in line 12, before line 13",
    ),
    "names that another change gives anew": (
        (
            "names = {}\nfor owner in Owner.objects.all():\n    names[owner.pk] = owner.name\nOwner.objects.update(name='x')\n"
            "for lead in Lead.objects.all():\n    lead.status = slugify(names[lead.owner_id])\n    lead.save()"
        ),
        "read in line 13, before line 15",
    ),
    "a row that is made later": (
        "for lead in Lead.objects.all():\n    lead.score = lead.visits.count()\n    lead.save()\nVisit.objects.create(place=1)",
        "line 15 builds on it",
    ),
}
TOGETHER = {
    "rows that go later": "for lead in Lead.objects.all():\n    lead.score = lead.visits.count()\n    lead.save()\n"
    "Visit.objects.filter(place=1).delete()",
    "names that are given later": "for lead in Lead.objects.all():\n    lead.name = slugify(lead.owner.name)\n    lead.save()\n"
    "Owner.objects.update(name='x')",
    "a lookup of what was written": "Lead.objects.filter(status=None).update(status='new')\n"
    "for visit in Visit.objects.filter(lead__status='new'):\n    visit.note = slugify(visit.note)\n    visit.save()",
    "a relation to what was written": "for lead in Lead.objects.all():\n    lead.status = slugify(lead.name)\n    lead.save()\n"
    "for visit in Visit.objects.select_related('lead'):\n    visit.note = visit.lead.status\n    visit.save()",
}


def test_changes_keep_their_order(tmp_path: Path) -> None:
    folder = tmp_path / "crm" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "migration-guard.toml").write_text("")
    for name, text in {"__init__": "", "0001_initial": INITIAL, "0002_more": MORE}.items():
        (folder / f"{name}.py").write_text(text)
    loops = [f"for lead in Lead.objects.all():\n    {line}\n    lead.save()" for line in TURNED_ROUND]
    bodies = [*loops, *(body for body, _ in ORDER.values()), *TOGETHER.values()]
    for number, body in enumerate(bodies, 3):
        (folder / f"{number:04}_change.py").write_text(_head(body.replace("\n", "\n    "), "0002_more"))
    plans: dict[int, list[object]] = {}
    for stem, _, made in planned(tmp_path):
        plans.setdefault(int(stem[:4]) - 3, []).append(made)
    for number, line in enumerate(TURNED_ROUND):
        assert "a second run would change it again" in str(plans[number][0]), (line, plans[number])
    for number, (name, (_, reason)) in enumerate(ORDER.items(), len(loops)):
        told = plans[number][-1] if "read in" in reason else plans[number][0]
        assert reason in str(told), (name, told)
    for number, name in enumerate(TOGETHER, len(loops) + len(ORDER)):
        first = plans[number][0]
        assert isinstance(first, Move), (name, first)
        assert len(first.keys) == 2, name
        assert first.after_keys[1] == first.keys[:1], name
