"""More idioms of each framework: written, and run with the real packages, before the guard was asked what it says of them."""

from __future__ import annotations

BODIES = {
    "aerich": [
        "await Lead.filter(id__gt=1).delete()",
        "leads = await Lead.filter(hot=0)\nawait asyncio.wait([asyncio.ensure_future(one.delete()) for one in leads])",
        "query = Lead.filter(hot=0)\nif await query.exists():\n    await query.update(hot=2)",
        "for name in ('p', 'q'):\n    await Lead.get_or_create(name=name, defaults={'hot': 1})",
        # what changes no rows
        "print(await Lead.filter(Q(hot=1) & ~Q(score=2)).first())",
        "lead = await Lead.first()\nprint(await lead.notes.all().count())",
    ],
    "tortoise": [
        "note = await Note.first()\nnote.text = 'k'\nawait note.save(update_fields=['text'])",
        "await Lead.bulk_update([await Lead.get(id=1)], fields=['hot'])",
        # what changes no rows
        "print(await Lead.filter(name__in=['a']).values_list('id', 'name'))",
        "names = [lead.name for lead in await Lead.all().order_by('id')]\nprint(names)",
    ],
    "piccolo": [
        "lead = await Lead.objects().get_or_create(Lead.name == 'zz', defaults={Lead.hot: 1})\nprint(lead)",
        "await Lead.delete().where((Lead.hot == 0) & (Lead.score > 2))",
        "rows = await Lead.raw('UPDATE leads SET hot = 1 RETURNING id')\nprint(rows)",
        "for table in (Lead, Note):\n    await table.delete(force=True)",
        # what changes no rows
        "print(await Lead.objects().where(Lead.name.is_in(['a'])).first())",
        "print((await Lead.select(Lead.all_columns()).first())['name'])",
    ],
    "peewee_migrate": [
        "with Lead.bind_ctx(database):\n    Lead.delete().where(Lead.id == 2).execute()",
        "q = Lead.delete()\nq = q.where(Lead.hot == 0)\nprint(q.execute())",
        "lead, made = Lead.get_or_create(name='a')\nlead.hot = 9\nlead.save()",
        "for lead in Lead.select().where(Lead.score.between(1, 2)):\n    Note.create(lead=lead, text='t')",
        "Lead.insert({Lead.name: 'm'}).execute()",
        "database.execute_sql('INSERT INTO notes (text) SELECT name FROM leads')",
        # what changes no rows
        "print(Lead.select().where(Lead.id.in_([1, 2])).tuples()[:])",
        "print(Lead.filter(hot=0).first())",
        "print(database.is_closed(), Lead._meta.table_name)",
        "rows = Lead.select(Lead.id, pw.fn.COUNT(Note.id).alias('n')).join(Note, pw.JOIN.LEFT_OUTER).group_by(Lead.id)\nprint([row.n for row in rows])",
    ],
    "playhouse": [
        "def fill():\n    Lead.update(hot=1).execute()\n\n\nfill()",
        "Lead.bulk_update([Lead.get_by_id(1)], fields=[Lead.hot])",
        "with db:\n    Note.delete().execute()",
        "cursor = db.connection().cursor()\ncursor.execute('UPDATE leads SET hot = 1')\ndb.connection().commit()",
        "migrate(migrator.rename_column('leads', 'score', 'points'), migrator.add_column('leads', 'more', pw.BooleanField(default=True)))",
        "from playhouse.migrate import *\nmigrate(migrator.add_column('leads', 'extra', IntegerField(default=1)))",
        "from peewee import *\nclass Both(Model):\n    text = TextField()\n\n    class Meta:\n        database = db\n        table_name = 'notes'\nBoth.update(text='x').execute()",
        # what changes no rows
        "from peewee import *\nprint(fn.COUNT(Lead.id), JOIN.LEFT_OUTER, chunked)",
        "print([row for row in Lead.select().dicts().iterator()])",
        "print(Lead.select().where(Lead.hot == 0).exists())",
    ],
    "yoyo": [
        "from yoyo import step\n\nstep(apply='UPDATE leads SET hot = 1', rollback=None)",
        "def fill(c):\n    cur = c.cursor()\n    rows = cur.execute('SELECT id FROM leads').fetchall()\n    cur.executemany('UPDATE leads SET hot = 1 WHERE id = ?', rows)\n\n\nsteps = [step(fill)]",
        "def make(table):\n    return step(f'DELETE FROM {table}')\n\n\nsteps = [make('notes')]",
        "steps = [*map(step, ['UPDATE leads SET hot = 1', 'DELETE FROM notes'])]",
        "steps = [step('CREATE TABLE extra (id INT)'), step('INSERT INTO notes (text) SELECT name FROM leads')]",
        # what changes no rows
        "from yoyo import step as s\n\ns('CREATE INDEX j ON leads (score)')",
        "def look(conn):\n    print(conn.cursor().execute('SELECT count(*) FROM leads').fetchone())\n\n\nstep(look)",
    ],
    "script": [
        "lead = Lead.get(name='a')\nlead.hot = lead.score * 2",
        "Note.select(lambda n: n.lead_id == 1).delete()",
        "Lead.select_random(1)[0].hot = 3",
        "for i in (1, 2):\n    Lead[i].hot = i",
        "note = Note(lead_id=1)\nflush()\nnote.text = 'later'",
        # what changes no rows
        "print(Lead.select().without_distinct()[:2])",
        "print(select((x.id, x.name) for x in Lead)[:])",
        "print(Lead.select().order_by(lambda x: x.name).first().name)",
    ],
    "masonite": [
        "lead = Lead.find(1)\nlead.update({'hot': 2, 'score': 3})",
        "for lead in Lead.where('hot', 0).get():\n    lead.delete()",
        "Lead.where('hot', 0).where('id', 1).update({'hot': 1})",
        "Lead.where_between('id', 1, 2).update({'score': 0})",
        # what changes no rows
        "print(Lead.where('hot', 0).order_by('id').first().name)",
        "print([lead.name for lead in Lead.all()])",
        "print(Lead.find(99) is None)",
    ],
    "synapse": [
        "for stmt in ['UPDATE leads SET hot = 1', 'DELETE FROM notes']:\n    cur.execute(stmt)",
        "rows = list(cur.execute('SELECT id FROM leads') or [])\ncur.executemany('UPDATE leads SET hot = 1 WHERE id = ?', [(1,), (2,)])",
        "cur.execute('UPDATE leads SET score = (SELECT count(*) FROM notes WHERE lead_id = leads.id)')",
        # what changes no rows
        "sql = 'CREATE TABLE %s (id INT)'\ncur.execute(sql % 'extra')",
        "cur.execute('SELECT name FROM leads WHERE id = ?', (1,))\n(name,) = cur.fetchone()\nprint(name)",
    ],
    "odoo": [
        "for lead in Lead.search([('hot', '=', 0)]):\n    lead.write({'score': lead.score + 1})",
        "leads = Lead.search([])\nleads[0].hot = 1",
        "env['crm.note'].create([{'text': lead.name, 'lead_id': lead.id} for lead in Lead.search([])])",
        "cr.execute('''\n    WITH x AS (SELECT id FROM crm_lead WHERE hot = 0)\n    UPDATE crm_lead SET hot = 1 FROM x WHERE x.id = crm_lead.id''')",
        "Lead.search([]).filtered(lambda r: r.hot == 0).sudo().write({'hot': 2})",
        "{lead.unlink() for lead in Lead.search([('score', '=', 3)])}",
        "Lead.browse(1).write(dict(note_ids=[(2, note.id, 0) for note in Lead.browse(1).note_ids]))",
        # what changes no rows
        "any(lead.hot for lead in Lead.search([]))",
        "print(Lead.search([], order='name desc', limit=2).mapped('note_ids.text'))",
        "cr.execute('SELECT count(*) FROM crm_lead')\ncount = cr.fetchone()[0]\nif count > 100:\n    raise ValueError(count)",
    ],
    "openupgrade": [
        "openupgrade.logged_query(env.cr, 'UPDATE crm_lead SET hot = %s', (1,))",
        "openupgrade.copy_columns(env.cr, {'crm_note': [('text', None, None)]})",
        "env['crm.note'].search([('text', '=', 'x')]).unlink()",
        # what changes no rows
        "openupgrade.rename_fields(env, [])",
        "print(openupgrade.is_module_installed and env['crm.lead'].search_count([]))",
    ],
    "frappe": [
        "for d in frappe.get_all('Lead', pluck='name'):\n    doc = frappe.get_doc('Lead', d)\n    doc.score = 5\n    doc.save()",
        "frappe.db.set_value('Lead', 'a', 'hot', 1)\nfrappe.db.commit()",
        "doc = frappe.get_doc('Lead', 'b')\ndoc.notes = []\ndoc.save()",
        "doc = frappe.get_doc('Lead', 'a')\ndoc.update({'notes': [{'name': 'n7', 'text': 'v'}]})\ndoc.save()",
        "doc = frappe.get_doc('Lead', 'a')\nfor note in doc.notes:\n    note.text = 'u'\ndoc.save()",
        "[frappe.delete_doc('Note', name) for name in frappe.get_all('Note', pluck='name')]",
        "note = DocType('Note')\nfrappe.qb.from_(note).where(note.text == 'x').delete().run()",
        # what changes no rows
        "print(frappe.get_doc('Lead', 'a').get('notes', []))",
        "meta = frappe.get_all('Note', filters={'text': ('in', ['x'])}, fields=['name'])\nprint(len(meta))",
        "doc = frappe.get_doc('Lead', 'a')\nprint(doc.as_dict().get('hot'))",
    ],
    "upgrade_table": [
        "rows = await conn.fetch('SELECT id, name FROM leads')\nfor row in rows:\n    await conn.execute('INSERT INTO notes (text) VALUES ($1)', row['name'])",
        "await conn.execute('UPDATE leads SET score = score + 1 WHERE id = ANY($1)', [1, 2])",
        "if scheme == Scheme.SQLITE:\n    await conn.execute('SELECT 1')\nelse:\n    await conn.execute('DELETE FROM notes')",
        "await conn.execute('ALTER TABLE notes ADD COLUMN kind TEXT')\nawait conn.execute(\"UPDATE notes SET kind='x'\")",
        # what changes no rows
        "await conn.execute('CREATE UNIQUE INDEX u ON leads (name)')",
        "print([dict(row) for row in await conn.fetch('SELECT * FROM notes')])",
    ],
    "numbered": [
        "await db.execute('UPDATE leads SET hot = CASE WHEN score > 1 THEN 1 ELSE 0 END')",
        "async with db.transaction():\n    rows = await db.fetch('SELECT id FROM notes FOR UPDATE')\n    await db.execute('DELETE FROM notes WHERE id = ANY($1::int[])', [row['id'] for row in rows])",
        # what changes no rows
        "await db.execute('ALTER TABLE leads ALTER COLUMN score TYPE bigint')",
        "print(await db.fetchval('SELECT max(id) FROM leads'))",
    ],
    "numbered_module": [
        "cursor.execute('UPDATE leads SET (hot, score) = (1, 2) WHERE id = %s', [1])",
        "connection.cursor().execute(sql.SQL('DELETE FROM {t}').format(t=sql.Identifier('notes')))",
        "for table in ['leads', 'notes']:\n    cursor.execute(sql.SQL('TRUNCATE {}').format(sql.Identifier(table)))",
        "with connection:\n    connection.execute('UPDATE leads SET hot = 1')",
        # what changes no rows
        "cursor.execute('SELECT pg_advisory_xact_lock(1)')",
        "cursor.execute('CREATE TYPE mood AS ENUM (%s)' % \"'ok'\")",
    ],
    "alembic": [
        "lead = session.exec(select(Lead).where(Lead.id == 1)).one()\nlead.score += 1\nsession.add(lead)\nsession.commit()\nsession.refresh(lead)",
        "session.exec(delete(Note))\nsession.commit()",
        "leads = session.exec(select(Lead)).all()\nfor lead in leads:\n    session.delete(lead)\nsession.commit()",
        "session.bulk_insert_mappings(Note, [{'text': 'b'}])\nsession.commit()",
        "op.get_bind().execute(Lead.__table__.delete().where(Lead.__table__.c.id == 1))",
        # what changes no rows
        "print(session.exec(select(Lead).offset(1).limit(1)).all())",
        "result = session.exec(select(Lead))\nprint([one.name for one in result])",
    ],
    "orator": [
        "Lead.where('hot', 0).delete()",
        "for lead in Lead.where('hot', 0).get():\n    lead.hot = 1\n    lead.save()",
        "Lead.where_hot(0).update(hot=1)",
        "self.db.table('leads').where('id', 1).decrement('score')",
        "for lead in Lead.all():\n    lead.delete()",
        "self.db.table('notes').where('id', '>', 1).delete()",
        "Lead.find(1).update(hot=3)",
        # what changes no rows
        "print(Lead.where('hot', 0).order_by('name').lists('name'))",
        "print(self.db.table('leads').pluck('name'))",
    ],
    "sqlalchemy_migrate": [
        "migrate_engine.execute(leads.update(leads.c.id == 1), hot=1)",
        "conn = migrate_engine.connect()\nfor row in conn.execute(select([leads.c.id])):\n    conn.execute(leads.update().where(leads.c.id == row[0]).values(hot=1))",
        "meta.bind.execute(notes.delete())",
        "leads.create_column(Column('extra', Integer, default=3))",
        "notes.insert().values(text='b').execute()",
        # what changes no rows
        "leads.create_column(Column('extra', Integer))",
        "leads.c.name.alter(nullable=True)",
        "print(select([leads.c.name]).where(leads.c.hot == 0).execute().fetchall())",
    ],
    "ormar": [
        "lead = await Lead.objects.first()\nlead.score = 4\nawait lead.update(_columns=['score'])",
        "await Note.objects.delete(each=True)",
        "await Note(text='x', lead_id=1).save()\nawait Note.objects.filter(text='x').update(text='y')",
        "leads = await Lead.objects.filter(Lead.hot == 0).all()\nfor lead in leads:\n    await lead.delete()",
        # what changes no rows
        "print(await Lead.objects.exclude(name='a').order_by('-id').all())",
        "print(await Lead.objects.avg('score'))",
    ],
    "edgy": [
        "lead = await Lead.query.get(name='a')\nlead.score += 1\nawait lead.save()",
        "await Lead.query.filter(hot=0).delete()",
        "for lead in await Lead.query.all():\n    await lead.update(hot=lead.score)",
        "await Lead.query.get_or_create(name='n', defaults={'hot': 1})",
        # what changes no rows
        "print(await Lead.query.filter(name__in=['a', 'b']))",
        "print(await Lead.query.count(), Lead.meta.tablename)",
    ],
    "advanced_alchemy": [
        "leads.update(Lead(id=1, name='a', hot=3))\nsession.commit()",
        "lead, made = leads.get_or_upsert(name='zed')\nsession.commit()",
        "for lead in leads.list(Lead.hot == 0):\n    leads.delete(lead.id)\nsession.commit()",
        "leads.session.execute(sa.update(Lead).values(hot=1))\nsession.commit()",
        "Leads(session=session, auto_commit=True).add(Lead(name='c'))",
        # what changes no rows
        "print(leads.list(order_by=[('name', False)]))",
        "print(leads.get_one_or_none(id=1))",
        "print(leads.count(Lead.hot == 0))",
    ],
    "flask_migrate": [
        "Lead.query.filter(Lead.hot == 0).update({'hot': 1}, synchronize_session=False)\ndb.session.commit()",
        "lead = Lead.query.first_or_404()\nlead.hot = 1\ndb.session.commit()",
        "db.session.execute(db.delete(Note).where(Note.id == 1))\ndb.session.commit()",
        "db.session.bulk_update_mappings(Lead, [{'id': 1, 'hot': 1}])\ndb.session.commit()",
        "for lead in Lead.query.yield_per(2):\n    lead.score = 0\ndb.session.commit()",
        "db.session.execute(Lead.__table__.update().values(hot=3))\ndb.session.commit()",
        "for lead in Lead.query.paginate(page=1, per_page=2, max_per_page=5).items:\n    lead.hot = 1\ndb.session.commit()",
        # what changes no rows
        "print(Lead.query.get(1).name)",
        "print(Lead.query.with_entities(Lead.name).all())",
        "print(db.session.query(Lead).count())",
    ],
    "tasks": [
        "fill.s(9).apply()",
        "sig = clear.si()\nsig()",
        "chain(clear.s(), fill.si(1)).apply()",
        "app.conf.task_always_eager = True\nfill.delay()",
        "app.conf.update(task_always_eager=True)\nclear.apply_async()",
        "app.conf.task_always_eager = True\nchain(fill.si(1), clear.si())()",
        "app.conf.task_always_eager = True\ngroup(fill.s(1), clear.si()).delay()",
        "app.conf.task_always_eager = True\nfill.s(2).delay()",
        "app.conf['task_always_eager'] = True\nfill.apply_async(args=(2,))",
        # what changes no rows
        "fill.apply_async(countdown=5)",
        "print(count.s()())",
        "fill.starmap([(1,)]).delay()",
        "app.conf.task_always_eager = False\nfill.delay()",
        "app.conf.task_always_eager = True\nprint(count.delay().get())",
    ],
}
